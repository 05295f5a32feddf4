/** What the global options say about the service. */
export interface ServiceOptions {
  /** Without slashes at its end. */
  url?: string
  /** A file with certificates in PEM. */
  caFile?: string
  /** How long an answer may take altogether, in ms. */
  deadlineMs?: number
}

/** The address of a service without slashes at its end; `undefined` if it is none. */
export function serviceUrl(text: string): string | undefined {
  const { protocol } = URL.parse(text) ?? {}
  return protocol === 'http:' || protocol === 'https:' ? text.replace(/\/+$/, '') : undefined
}
