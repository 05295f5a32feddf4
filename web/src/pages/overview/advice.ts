/** What is known of a registry's numbers. */
interface Trust {
  confidence: string
  state: string
  gaps: readonly unknown[]
  reconciling: { repositories: number; of: number | null } | null
  lastEventAt: string | null
  refused: readonly unknown[]
}

export interface Advice {
  badge: { text: string; isGood: boolean; isNeutral: boolean }
  /** What a person can do, if something. */
  advice?: string
}

/** How far a registry's numbers can be believed, in a word, and what to do. */
export function adviceOn({ confidence, state, gaps, reconciling, lastEventAt, refused }: Trust): Advice {
  const badge = (text: string, isGood = false, isNeutral = false) => ({ text, isGood, isNeutral })
  if (confidence.startsWith('target only')) return { badge: badge('target only', false, true) }
  if (refused.length > 0)
    return {
      badge: badge('deliveries refused'),
      advice:
        'The registry sends events that are refused. The page of the registries says why: the numbers stay behind until that is mended.',
    }
  if (reconciling !== null)
    return {
      badge: badge('reading'),
      advice: state.startsWith('reading')
        ? 'It is read for the first time: the numbers grow until that is done.'
        : 'It is compared now. Nothing needs to be done.',
    }
  if (confidence.includes('is held'))
    return {
      badge: badge('held'),
      advice:
        'Look at what is missing at the registry, then accept the loss or mend the registry: on the page of the registries.',
    }
  if (gaps.length > 0)
    return {
      badge: badge('gaps'),
      advice: 'A reconcile closes gaps: the daily one does, or start one on the page of the registries.',
    }
  if (confidence.startsWith('exact')) return { badge: badge('exact', true) }
  if (confidence.startsWith('only what events tell')) return { badge: badge('events only', false, true) }
  return {
    badge: badge('not exact'),
    advice:
      lastEventAt === null
        ? 'No event has come yet, and it was not read. Start a reconcile on the page of the registries, and see that the registry sends its notifications here.'
        : 'Start a reconcile on the page of the registries: it reads what the registry holds.',
  }
}

/** The text with its times as people say them: `exact since 27 November, 12:30`. */
export const withTimes = (text: string): string =>
  text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) =>
    new Date(time)
      .toLocaleString('en-GB', { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' })
      .replace(' at ', ', '),
  )
