/** Parses a channel's URL. Throws an error that names the channel only: the URL is a secret. */
export function channelUrl(channel: string, url: string): URL {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:')
    throw new Error(`channel ${channel}: its url is not an http or https URL`)
  if (parsed.username !== '' || parsed.password !== '')
    throw new Error(`channel ${channel}: its url must not hold a user or password`)
  return parsed
}
