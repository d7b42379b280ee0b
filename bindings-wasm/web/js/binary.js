/** What most bytes of a module become ASCII by, which takes one byte in UTF-8. */
export const MASK = 67;

/** The bytes of a text that has a character for each, U+0000 to U+00FF, under the mask. */
export function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place) ^ MASK;
  return bytes;
}
