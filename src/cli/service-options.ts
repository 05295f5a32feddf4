/** What the global options say about the service. */
export interface ServiceOptions {
  /** Without slashes at its end. */
  url?: string
  /** A file with certificates in PEM. */
  caFile?: string
  /** How long an answer may take altogether, in ms. */
  deadlineMs?: number
}

/** What an address of a service is. Messages show it, so it holds no password. */
export const SERVICE_URL = 'an http or https URL without user, password, query and fragment'

/** The address of a service without slashes at its end; `undefined` if it is none. */
export function serviceUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  const isPlain = [url.username, url.password].every((part) => part === '') && !/[?#]/.test(text)
  return isPlain ? text.replace(/\/+$/, '') : undefined
}
