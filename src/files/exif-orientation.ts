const ORIENTATION = 0x0112;

/**
 * How a camera was held, 1 to 8, as the first folder of tags of an EXIF block says (TIFF 6.0); 1, upright, where it does not.
 *
 * @param tiff the block from its byte order on
 */
export function orientationOf(tiff: Uint8Array): number {
  if (tiff.length < 10) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const isLittle = tiff[0] === 0x49;
  const folder = view.getUint32(4, isLittle);
  if (folder + 2 > tiff.length) return 1;
  const tags = view.getUint16(folder, isLittle);
  for (let at = folder + 2; at + 12 <= Math.min(tiff.length, folder + 2 + 12 * tags); at += 12) {
    if (view.getUint16(at, isLittle) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
