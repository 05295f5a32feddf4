/**
 * A URL whose path can be decoded. A percent sign that encodes nothing stands for itself: `/projects/%zz` is looked for, and answered
 * as any other path that is not there. Fastify would answer it before all hooks, without the headers and the form that answers have.
 */
export function readableUrl(url: string): string {
  const path = url.replace(/[?#].*$/s, '')
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return path.replaceAll('%', '%25') + url.slice(path.length)
  }
}
