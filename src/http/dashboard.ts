import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OWN_PATH } from './own-paths.ts'

/** A year, for files whose names have a hash of their content. */
const FOR_EVER = 'public, max-age=31536000, immutable'

/** Where the built dashboard is: in a checkout beside the source; in the package, which has JavaScript, beside that. */
const BUILT = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../web/dist' : '../../web', import.meta.url),
)

/** The folder of the built dashboard; `undefined` if it was not built. */
export const builtDashboard = (folder = BUILT): string | undefined =>
  existsSync(join(folder, 'index.html')) ? folder : undefined

/** Serves the files of the built dashboard, the compressed ones beside them (`.br`, `.gz`) to who takes these. */
export async function serveDashboard(app: FastifyInstance, folder: string): Promise<void> {
  const sent = { preCompressed: true, cacheControl: false, index: false, dotfiles: 'ignore' } as const
  await app.register(fastifyStatic, {
    ...{ ...sent, root: folder, wildcard: false, globIgnore: ['assets/**', '**/*.{br,gz}'] },
    setHeaders: (reply) => void reply.header('cache-control', 'no-cache'),
  })
  if (!existsSync(join(folder, 'assets'))) return
  await app.register(fastifyStatic, {
    ...{ ...sent, root: join(folder, 'assets'), prefix: '/assets/', decorateReply: false },
    setHeaders: (reply) => void reply.header('cache-control', FOR_EVER),
  })
}

/** Sends the page of the dashboard, which is the same for all its paths. */
export const sendPage = (reply: FastifyReply): FastifyReply =>
  reply.header('vary', 'accept').sendFile('index.html')

/** Whether a browser asks for a page at a path that has no route: the dashboard decides what it shows there. */
export const asksForPage = ({
  method,
  url,
  headers,
}: Pick<FastifyRequest, 'method' | 'url' | 'headers'>): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !OWN_PATH.test(url.replace(/[?#].*$/s, '')) &&
  (headers.accept ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === 'text/html')
