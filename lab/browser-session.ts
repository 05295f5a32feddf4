/** What a browser does: keeps cookies for each origin, and follows redirects one by one. It shows no page. */
export function makeBrowserSession() {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (url: string): Map<string, string> => {
    const { origin } = new URL(url)
    const jar = jars.get(origin) ?? new Map()
    jars.set(origin, jar)
    return jar
  }

  async function request(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = jarOf(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) }
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const text of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      const isGone = value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(text)
      if (isGone) jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }

  /** Follows redirects until there is none, or until one leads to where `stopAt` says. Gives the last URL, and its answer. */
  async function visit(
    url: string,
    init: RequestInit = {},
    stopAt: (url: string) => boolean = () => false,
  ): Promise<{ url: string; answer: Response | undefined }> {
    let answer = await request(url, init)
    for (let at = url; ; answer = await request(at)) {
      const location = answer.headers.get('location')
      if (location === null) return { url: at, answer }
      await answer.body?.cancel()
      at = new URL(location, at).href
      if (stopAt(at)) return { url: at, answer: undefined }
    }
  }

  /** Fills in the form of a page, and sends it. */
  async function submit(
    page: { url: string; answer: Response | undefined },
    fields: Record<string, string>,
    stopAt?: (url: string) => boolean,
  ) {
    const html = (await page.answer?.text()) ?? ''
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1]
    if (action === undefined) throw new Error(`${page.url} has no form: ${html.slice(0, 500)}`)
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    const values = { ...Object.fromEntries(hidden.map(([, name, value]) => [name, value])), ...fields }
    const body = new URLSearchParams(values as Record<string, string>)
    return visit(new URL(action, page.url).href, { method: 'POST', body }, stopAt)
  }

  return { request, visit, submit, cookies: jarOf }
}
export type BrowserSession = ReturnType<typeof makeBrowserSession>
