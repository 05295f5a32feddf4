import type { Answer } from './answer.ts'
import { nextPage } from './link.ts'
import { type ListMeter, makeListMeter } from './list-meter.ts'
import { RegistryError } from './registry-error.ts'
import type { RegistryRequest, Transport } from './transport.ts'

/** A page of a list, and the meter that counts what is read of the list. */
export interface Page {
  answer: Answer
  meter: ListMeter
}

/** The answers to `request` and to the pages that follow it. Their paths begin with `below`. */
export async function* pagesOf(
  transport: Pick<Transport, 'prefix' | 'limits' | 'error' | 'send'>,
  request: Omit<RegistryRequest, 'method' | 'timeoutMs'>,
  below: string,
): AsyncGenerator<Page> {
  const { list, longAnswerMs: timeoutMs } = transport.limits
  const meter = makeListMeter(list, (reason) => transport.error(`GET ${request.resource}`, reason))
  const get = (url: string) => transport.send({ ...request, url, method: 'GET', timeoutMs })
  for (let url: string | undefined = request.url; url !== undefined; ) {
    meter.page(url)
    const answer: Answer = await get(url).catch((cause) => {
      // Without `n`, the registry takes its own size of a page.
      if (url === request.url && isPageTooLarge(cause)) return get(url.replace(/\?.*/, ''))
      throw cause
    })
    yield { answer, meter }
    url = nextPage(answer, { prefix: transport.prefix, below })
  }
}

/** Whether the registry refuses the size of a page: Distribution does above its `catalog.maxentries`. */
const isPageTooLarge = (cause: unknown): boolean =>
  cause instanceof RegistryError && cause.codes.includes('PAGINATION_NUMBER_INVALID')
