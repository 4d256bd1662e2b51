import { renderSVG } from 'uqr';
import { pictureOf } from '../shared/qr';

interface Props {
  url: string;
  /** The code, where the hub has drawn it already. */
  svg?: string;
  caption: string;
  testid: string;
}

export function Qr({ url, svg, caption, testid }: Props) {
  const picture = pictureOf(svg || renderSVG(url, { border: 1 }));
  return (
    <figure class="kiosk-qr card" data-testid={testid} data-url={url}>
      <img src={picture} alt={url} />
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
