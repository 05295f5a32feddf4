/** Characters of a text that are quoted: a valid repository's name is shorter, and so is a sha512. */
const QUOTED = 255

/** A text that a stranger wrote, as a reason may quote it: in the log and in quarantine a line stays a line. */
export const excerpt = (text: string): string =>
  text.length <= QUOTED ? text : `${text.slice(0, QUOTED).toWellFormed()}… (${text.length} characters)`
