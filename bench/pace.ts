import { Agent, request } from 'node:http'

/**
 * Delivers bodies at a steady pace, each on a new connection as registries do, until it is stopped. An answer that is slow
 * does not hold up the next delivery. `stop` resolves to the time of each answer in ms; it rejects if an answer was not 2xx.
 */
export function pace(options: {
  url: string
  perSecond: number
  token: string
  bodyOf: (n: number) => string
}): { stop: () => Promise<number[]> } {
  const agent = new Agent({ keepAlive: false })
  const sent: Promise<number>[] = []
  const began = performance.now()
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * options.perSecond
    while (sent.length < due) sent.push(deliver(options.bodyOf(sent.length)))
  }, 2)

  function deliver(body: string): Promise<number> {
    const from = performance.now()
    const headers = {
      ...{ authorization: `Bearer ${options.token}`, 'content-length': Buffer.byteLength(body) },
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
    }
    const delivered = new Promise<number>((resolve, reject) => {
      const sending = request(options.url, { method: 'POST', agent, headers }, (answer) => {
        answer.resume()
        if (Math.floor((answer.statusCode ?? 0) / 100) !== 2)
          reject(new Error(`answered ${answer.statusCode}`))
        else answer.once('end', () => resolve(performance.now() - from))
      })
      sending.once('error', reject)
      sending.end(body)
    })
    delivered.catch(() => {}) // `stop` tells
    return delivered
  }

  return {
    async stop() {
      clearInterval(timer)
      return await Promise.all(sent)
    },
  }
}
