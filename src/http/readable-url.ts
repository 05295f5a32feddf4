/**
 * A URL whose path can be decoded: of one with a broken percent sign, such as `/projects/%zz`, each percent sign stands for itself.
 * Fastify would answer it before any hook, without the security headers and not as a problem; so it is a path that has no route.
 */
export function readableUrl(url: string): string {
  const [path = ''] = /^[^?#]*/.exec(url) ?? []
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return path.replaceAll('%', '%25') + url.slice(path.length)
  }
}
