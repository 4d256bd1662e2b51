// A QR code that the hub has drawn, as the address of a picture.

/** Return an inline SVG element as a picture's address: on its own it needs a namespace and a view box. */
export function pictureOf(svg: string): string {
  const named = /<svg[^>]*\sxmlns=/.test(svg)
    ? svg
    : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
  const size = /<svg[^>]*\swidth="(\d+)"[^>]*\sheight="(\d+)"/.exec(named);
  const boxed =
    !size || /<svg[^>]*\sviewBox=/.test(named)
      ? named
      : named.replace('<svg', `<svg viewBox="0 0 ${size[1]} ${size[2]}"`);
  return `data:image/svg+xml;utf8,${encodeURIComponent(boxed)}`;
}
