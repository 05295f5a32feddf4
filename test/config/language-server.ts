import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'

/** The YAML language server of editors, over the Language Server Protocol on its standard input and output. */
export interface LanguageServer {
  /** Opens a document as if it were the file at `path`, and gives what the editor would underline. */
  open(path: string, text: string): Promise<Diagnostic[]>
  /** The labels that are proposed at the mark `|` in `text`. */
  complete(path: string, text: string): Promise<string[]>
  /** What is shown about the word at the mark `|`. */
  hover(path: string, text: string): Promise<string>
  close(): Promise<void>
}

export interface Diagnostic {
  message: string
  range: { start: Position }
}

interface Position {
  line: number
  character: number
}

interface Message {
  id?: number
  method?: string
  params?: { uri?: string; diagnostics?: Diagnostic[]; items?: unknown[] }
  result?: unknown
  error?: { message: string }
}

const SERVER = new URL(import.meta.resolve('yaml-language-server/bin/yaml-language-server'))

/** Starts the server as an editor does that has no settings of its own. The caller closes it. */
export async function startLanguageServer(): Promise<LanguageServer> {
  const server = spawn(process.execPath, [SERVER.pathname, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = new Map<number, PromiseWithResolvers<unknown>>()
  const diagnoses = new Map<string, PromiseWithResolvers<Diagnostic[]>>()
  let asked = 0
  let documents = 0

  function send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  function ask(method: string, params: object): Promise<unknown> {
    const id = ++asked
    const answer = Promise.withResolvers<unknown>()
    answers.set(id, answer)
    send({ id, method, params })
    return answer.promise
  }

  function receive({ id, method, params, result, error }: Message): void {
    if (method === 'textDocument/publishDiagnostics')
      diagnoses.get(params?.uri ?? '')?.resolve(params?.diagnostics ?? [])
    // It asks for the settings of the editor: there are none.
    else if (method !== undefined && id !== undefined)
      send({ id, result: (params?.items ?? []).map(() => null) })
    else if (id !== undefined && error) answers.get(id)?.reject(new Error(error.message))
    else if (id !== undefined) answers.get(id)?.resolve(result)
  }

  let rest = Buffer.alloc(0)
  server.stdout.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const end = rest.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/.exec(rest.subarray(0, Math.max(end, 0)).toString())?.[1])
      if (end < 0 || rest.length < end + 4 + length) return
      receive(JSON.parse(rest.subarray(end + 4, end + 4 + length).toString()))
      rest = rest.subarray(end + 4 + length)
    }
  })

  await ask('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: { textDocument: { hover: { contentFormat: ['markdown'] } } },
  })
  send({ method: 'initialized', params: {} })

  async function open(path: string, text: string): Promise<{ uri: string; diagnostics: Diagnostic[] }> {
    // Each document is a new one: nothing of an old one may answer.
    const uri = `${pathToFileURL(path)}.${++documents}.yaml`
    const diagnosis = Promise.withResolvers<Diagnostic[]>()
    diagnoses.set(uri, diagnosis)
    send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    })
    return { uri, diagnostics: await diagnosis.promise }
  }

  async function askAt(method: string, path: string, marked: string): Promise<unknown> {
    const before = marked.slice(0, marked.indexOf('|')).split('\n')
    const { uri } = await open(path, marked.replace('|', ''))
    const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 }
    return ask(`textDocument/${method}`, { textDocument: { uri }, position })
  }

  return {
    open: async (path, text) => (await open(path, text)).diagnostics,
    async complete(path, text) {
      const { items } = (await askAt('completion', path, text)) as { items: { label: string }[] }
      return items.map(({ label }) => label)
    },
    async hover(path, text) {
      const answer = (await askAt('hover', path, text)) as { contents: { value: string } } | null
      return answer?.contents.value ?? ''
    },
    async close() {
      server.kill()
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    },
  }
}
