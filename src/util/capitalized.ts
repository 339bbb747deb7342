/** With a capital letter first: capitalized("largest step") is "Largest step". */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** With a small letter first: uncapitalized("At least 1") is "at least 1". */
export function uncapitalized(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
