import { startPage } from '../../../edge/pages/shared/page';
import { Studio } from './Studio';
import './studio.css';

startPage('studio', 'pc', () => <Studio />);
