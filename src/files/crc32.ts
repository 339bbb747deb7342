/** The reflected polynomial 0xEDB88320, applied to one to four bytes at once ("slicing by four"). */
const TABLES = crcTables();

function crcTables(): Int32Array[] {
  const tables = Array.from({ length: 4 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[0][byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let k = 1; k < 4; k++) {
      const before = tables[k - 1][byte];
      tables[k][byte] = (before >>> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}

/**
 * CRC-32 of zip and gzip (ISO 3309), continued from `crc`, the checksum of the bytes before.
 *
 * @example
 * crc32(new TextEncoder().encode("123456789")); // 0xcbf43926
 */
export function crc32(bytes: Uint8Array, crc = 0): number {
  const [t0, t1, t2, t3] = TABLES;
  let state = ~crc;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    state ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    state = t3[state & 255] ^ t2[(state >>> 8) & 255] ^ t1[(state >>> 16) & 255] ^ t0[state >>> 24];
  }
  for (; i < bytes.length; i++) state = (state >>> 8) ^ t0[(state ^ bytes[i]) & 255];
  return ~state >>> 0;
}
