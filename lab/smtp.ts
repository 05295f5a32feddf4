import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export interface LabMail {
  from: string
  to: string[]
  /** Whether it came over TLS. */
  secure: boolean
  user: string | undefined
  raw: string
  headers: Map<string, string>
  /** The bodies, decoded: `text/plain` and `text/html`. */
  parts: Map<string, string>
}

export interface LabSmtp {
  readonly port: number
  readonly mails: LabMail[]
  /** The code with which it answers the command from now on, for one recipient or all; `undefined` takes it. */
  refuse(command: 'MAIL' | 'RCPT' | 'DATA', code: number | undefined, recipient?: string): void
  close(): Promise<void>
}

/** A mail server on a free loopback port, which keeps what it gets. */
export async function startSmtp(
  options: {
    login?: { username: string; password: string }
    /** Files in PEM, for STARTTLS or, with `secure`, for TLS from the start. Default: no TLS. */
    tls?: { cert: string; key: string }
    secure?: boolean
  } = {},
): Promise<LabSmtp> {
  const { login, tls, secure = false } = options
  const mails: LabMail[] = []
  const refusals = new Map<string, number>()
  const verdict = (command: string, recipient = '') => {
    const code = refusals.get(`${command} ${recipient}`) ?? refusals.get(`${command} `)
    return code === undefined ? null : Object.assign(new Error('not today'), { responseCode: code })
  }
  const server = new SMTPServer({
    secure,
    ...(tls ? { cert: readFileSync(tls.cert), key: readFileSync(tls.key) } : {}),
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, callback) =>
      username === login?.username && password === login?.password
        ? callback(null, { user: username ?? '' })
        : callback(Object.assign(new Error('wrong login'), { responseCode: 535 })),
    onMailFrom: (_address, _session, callback) => callback(verdict('MAIL')),
    onRcptTo: ({ address }, _session, callback) => callback(verdict('RCPT', address)),
    async onData(stream, session, callback) {
      const raw = (await buffer(stream)).toString('latin1')
      const refused = verdict('DATA')
      const { mailFrom, rcptTo } = session.envelope
      if (refused === null)
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
          raw,
          ...parseMail(raw),
        })
      callback(refused)
    },
  })
  server.on('error', () => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refuse(command, code, recipient = '') {
      if (code === undefined) refusals.delete(`${command} ${recipient}`)
      else refusals.set(`${command} ${recipient}`, code)
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** The headers of a mail, unfolded, and its parts (RFC 2045, RFC 2046; what nodemailer writes of them). */
function parseMail(raw: string): Pick<LabMail, 'headers' | 'parts'> {
  const { headers, body } = splitHeaders(raw)
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1] ?? ''
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => splitHeaders(part.replace(/^\r\n/, '')))
  return {
    headers,
    parts: new Map(
      parts.map((part) => {
        const type = part.headers.get('content-type')?.split(';')[0] ?? ''
        return [type, decode(part.body, part.headers.get('content-transfer-encoding') ?? '')]
      }),
    ),
  }
}

function splitHeaders(raw: string) {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return { headers: new Map(headers), body: raw.slice(end + 4) }
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString()
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
