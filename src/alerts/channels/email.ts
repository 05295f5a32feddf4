import nodemailer from 'nodemailer'
import { printable } from '../../platform/printable.ts'
import type { Channel } from '../channel.ts'
import { ChannelError } from '../channel-error.ts'
import { connectionReason } from './connection-reason.ts'
import { emailOf } from './email-content.ts'
import { cut } from './plain.ts'

export interface EmailSettings {
  host: string
  /** Default: 587 with STARTTLS, 465 with TLS, 25 without. */
  port?: number | undefined
  /** `starttls`: TLS after the greeting, and nothing without it. `tls`: from the start. `none`: in the clear. */
  security: 'starttls' | 'tls' | 'none'
  login?: { username: string; password: string } | undefined
  from: string
  to: readonly string[]
}

const PORTS = { starttls: 587, tls: 465, none: 25 }

/** How long the server may take, in ms: to connect, to greet, and for each answer. RFC 5321 allows more (section 4.5.3.2). */
const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 20_000, socketTimeout: 60_000 }

/**
 * Sends mails over a server (SMTP, RFC 5321). What it refuses with 4xx may be sent again, and what it refuses with 5xx may
 * not. If it takes a mail for some recipients and asks to come back for others, the next attempt is for these alone.
 */
export function makeEmailChannel({ name, ...settings }: EmailSettings & { name: string }): Channel {
  const { host, security, login, from, to } = settings
  const port = settings.port ?? PORTS[security]
  const transport = nodemailer.createTransport({
    ...{
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
    },
    ...(login && { auth: { user: login.username, pass: login.password } }),
    ...{ ...PATIENCE, disableFileAccess: true, disableUrlAccess: true },
  })
  let partly: { id: string; to: readonly string[] } | undefined

  const failed = (reason: string, status: number | undefined, retry: boolean) =>
    new ChannelError(`channel ${name} at ${host}:${port}: ${reason}`, { channel: name, status, retry })

  function failure(error: unknown): ChannelError {
    const { responseCode, response } = error as SmtpError
    if (responseCode !== undefined) return failed(reply(response), responseCode, responseCode < 500)
    return failed(connectionReason(error) ?? 'the connection failed', undefined, true)
  }

  return {
    name,
    async send(message) {
      const recipients = partly?.id === message.id ? partly.to : to
      const sent = await transport
        .sendMail({
          ...emailOf(message, from.slice(from.lastIndexOf('@') + 1)),
          ...{ from: { name: 'Tallyman', address: from }, to: [...to] },
          envelope: { from, to: [...recipients] },
        })
        .catch((error: unknown) => {
          throw failure(error)
        })
      const errors: SmtpError[] = sent.rejectedErrors ?? []
      if (errors.length === 0) return
      const later = errors.filter(({ responseCode = 500 }) => responseCode < 500)
      partly = { id: message.id, to: later.flatMap(({ recipient }) => recipient ?? []) }
      const [first] = later.length > 0 ? later : errors
      const reason = `${errors.length} of ${recipients.length} recipients refused: ${reply(first?.response)}`
      throw failed(reason, first?.responseCode, later.length > 0)
    },
    check: {
      tried: `${login === undefined ? 'EHLO' : 'log in'} at ${host}:${port}`,
      async ask() {
        await transport.verify().catch((error: unknown) => {
          throw failure(error)
        })
        return login === undefined ? 'the server answers' : 'the server takes the login'
      },
    },
    async close() {
      transport.close()
    },
  }
}

/** What nodemailer says of an answer of the server. */
type SmtpError = { [key in 'response' | 'recipient']?: string | undefined } & {
  responseCode?: number | undefined
}

const reply = (response = 'refused'): string => cut(printable(response.replaceAll(/\s+/g, ' ')), 200)
