/** Gives it back. @throws RangeError if it is no http or https URL without credentials, query and fragment */
export function readUrl(text: string): string {
  const url = URL.parse(text)
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text)
  if (!isPlain) throw new RangeError('expected an http or https URL, such as https://registry.example.com')
  return text
}
