/**
 * Gives the focus to what is around an element that had it and was taken away, such as the row of a job that is retried. Otherwise the
 * browser puts it at the beginning of the page, and who does not see the page is lost. Gives a function that ends it.
 */
export function keepFocus(within: HTMLElement): () => void {
  let last: readonly Element[] = []
  const remember = ({ target }: FocusEvent) => {
    last = target instanceof Element ? [...chainOf(target)] : []
  }
  const watch = new MutationObserver(() => {
    const [focused, ...around] = last
    if (focused === undefined || focused.isConnected || document.activeElement !== document.body) return
    const next = around.find((one) => one.isConnected && one.matches(AROUND)) as HTMLElement | undefined
    last = []
    if (next === undefined) return
    if (next.tabIndex < 0) next.tabIndex = -1
    next.focus({ preventScroll: true })
  })
  within.addEventListener('focusin', remember)
  watch.observe(within, { childList: true, subtree: true })
  return () => {
    within.removeEventListener('focusin', remember)
    watch.disconnect()
  }
}

const AROUND = 'li, section, search, ul, ol, form, main'

function* chainOf(element: Element): Generator<Element> {
  for (let at: Element | null = element; at !== null; at = at.parentElement) yield at
}
