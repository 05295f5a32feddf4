import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

export interface Chat {
  /** For Slack-compatible messages. */
  slackUrl: string
  /** For signed webhooks. */
  webhookUrl: string
  /** Received messages, oldest first. */
  messages: string[]
  /** How many webhooks had a valid signature. */
  verified: number
  close(): Promise<void>
}

/** A chat that prints each message, and a receiver of Standard Webhooks that checks signatures. */
export async function startChat(secret: string, print: (line: string) => void): Promise<Chat> {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    if (request.url === '/chat') {
      const message = String(JSON.parse(body).text)
      chat.messages.push(message)
      print(message)
    } else {
      new Webhook(secret).verify(body, singleValues(request.headers))
      chat.verified += 1
    }
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const chat: Chat = {
    slackUrl: `${origin}/chat`,
    webhookUrl: `${origin}/webhook`,
    messages: [],
    verified: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return chat
}

const singleValues = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
