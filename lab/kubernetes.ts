import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { stringify } from 'yaml'
import { makeCertificates } from './certificates.ts'
import { freePort } from './ports.ts'

/**
 * A server that answers lists as the API server of Kubernetes does: `GET /api/v1/pods`, with `limit` and `continue`
 * (Kubernetes API concepts, "Retrieving large results sets in chunks"). It is no cluster.
 */
export interface LabKubernetes {
  /** What it lists, by path: `/apis/apps/v1/deployments`. A path that is missing has no objects. */
  objects: Record<string, object[]>
  /** The status of an answer, by path or by path and query, in place of a list; 0 for no answer. */
  failures: Record<string, number>
  /** Paths with their queries, in order. */
  requests: string[]
  /** Writes a kubeconfig with the contexts `lab` (the current one) and `other`, whose server does not answer. */
  writeKubeconfig(file: string): Promise<void>
  close(): Promise<void>
}

const TOKEN = 'lab-service-account-token'

/** `pageSize`: the objects of a page, at most, whatever `limit` says. */
export async function startKubernetes({ pageSize }: { pageSize: number }): Promise<LabKubernetes> {
  const [objects, failures, requests] = [
    {} as LabKubernetes['objects'],
    {} as LabKubernetes['failures'],
    [] as string[],
  ]
  const certificates = await makeCertificates()
  const { cert, key } = certificates.server
  const files = { cert: await readFile(cert), key: await readFile(key) }
  const server = createServer(files, (request, answer) => {
    const url = new URL(request.url ?? '', 'http://lab')
    requests.push(url.pathname + url.search)
    const send = (status: number, body: object) =>
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const refuse = (code: number, message: string) =>
      send(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code })
    const failure = failures[url.pathname + url.search] ?? failures[url.pathname]
    if (failure === 0) return
    if (failure !== undefined) return refuse(failure, 'as the test wants')
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(401, 'Unauthorized')
    const from = Number(url.searchParams.get('continue') ?? 0)
    const size = Math.min(pageSize, Number(url.searchParams.get('limit') ?? pageSize))
    const all = objects[url.pathname] ?? []
    const isLast = from + size >= all.length
    send(200, {
      ...{ kind: 'List', apiVersion: 'v1', items: all.slice(from, from + size) },
      metadata: { resourceVersion: '1', ...(!isLast && { continue: String(from + size) }) },
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...{ objects, failures, requests },
    async writeKubeconfig(file) {
      const cluster = (name: string, at: number) => ({
        name,
        cluster: { server: `https://127.0.0.1:${at}`, 'certificate-authority': certificates.ca },
      })
      const context = (name: string) => ({ name, context: { cluster: name, user: 'tallyman' } })
      const config = {
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'lab' },
        clusters: [cluster('lab', port), cluster('other', await freePort())],
        contexts: [context('lab'), context('other')],
        users: [{ name: 'tallyman', user: { token: TOKEN } }],
      }
      await writeFile(file, stringify(config))
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await certificates.close()
    },
  }
}
