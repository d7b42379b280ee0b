// Numbers of 64 bits, which cross into the module as two halves.

export function high(value) {
  return typeof value === 'bigint' ? Number(value >> 32n) : Math.floor(value / 0x1_0000_0000);
}

export function low(value) {
  return typeof value === 'bigint' ? Number(value & 0xffff_ffffn) : value >>> 0;
}
