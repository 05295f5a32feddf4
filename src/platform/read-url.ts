import { type Dispatcher, request } from 'undici'

/**
 * The text at a URL. @throws Error that does not have the URL, which may be a secret: if the answer is not 200, is too long,
 * takes too long or is no text in UTF-8
 */
export async function readUrl(
  url: string,
  dispatcher: Dispatcher | undefined,
  limits: { bytes: number; ms: number },
): Promise<string> {
  const signal = AbortSignal.timeout(limits.ms)
  try {
    const { statusCode, body } = await request(url, { signal, ...(dispatcher && { dispatcher }) })
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > limits.bytes) throw new Error(`the answer has more than ${limits.bytes} bytes`)
      chunks.push(chunk)
    }
    if (statusCode !== 200) throw new Error(`the answer is ${statusCode}`)
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    if (signal.aborted) throw new Error(`it took more than ${limits.ms / 1000} s`)
    if (error instanceof TypeError) throw new Error('the answer is not text in UTF-8')
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(code === undefined ? message : `no answer (${code})`)
  }
}
