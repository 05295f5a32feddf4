/** The most characters that are quoted. A valid repository name and a sha512 digest are shorter. */
const QUOTED = 255

/** Shortens text from outside, so that a reason which quotes it stays readable in the log and in quarantine. */
export const excerpt = (text: string): string =>
  text.length <= QUOTED ? text : `${text.slice(0, QUOTED).toWellFormed()}… (${text.length} characters)`
