import { startPage } from '../../../edge/pages/shared/page';
import { Console } from './Console';
import './console.css';

startPage('console', 'pc', () => <Console />);
