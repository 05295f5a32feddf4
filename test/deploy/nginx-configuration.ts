import { readFile } from 'node:fs/promises'

const CONFIG = new URL('../../deploy/nginx/registry.conf', import.meta.url)

/** The configuration of nginx as it is shipped, with other addresses and another token. */
export async function nginxConfiguration(own: {
  tallyman: string
  registry: string
  listen: string
  token: string
}): Promise<string> {
  const replacements = [
    ['127.0.0.1:8080', own.tallyman],
    ['127.0.0.1:5000', own.registry],
    ['listen 443;', `listen ${own.listen};`],
    ['the-token-of-this-registry', own.token],
  ] as const
  let text = await readFile(CONFIG, 'utf8')
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`the configuration has no ${from}`)
    text = text.replaceAll(from, to)
  }
  return text
}
