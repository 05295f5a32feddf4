import { fetching, refusalOf } from './request.ts'

/**
 * Reads an answer of lines of JSON as it comes: gives the lines of each piece together, so that long answers are shown while they
 * arrive. @throws ApiError
 */
export async function* readLines<Line>(
  url: string,
  { body, signal }: { body?: object | undefined; signal: AbortSignal },
): AsyncGenerator<Line[]> {
  const answer = await fetching(url, {
    ...{ method: body ? 'POST' : 'GET', signal },
    headers: {
      accept: 'application/x-ndjson, application/json',
      ...(body && { 'content-type': 'application/json', 'x-tallyman-csrf': '1' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw refusalOf(answer.status, await answer.text())
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value = '' } = (await reader?.read()) ?? { done: true }
      const lines = (rest + value).split('\n')
      rest = done ? '' : (lines.pop() ?? '')
      const whole = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
      if (whole.length > 0) yield whole
      if (done) return
    }
  } finally {
    // Who stops reading stops the work of the service.
    await reader?.cancel()
  }
}
