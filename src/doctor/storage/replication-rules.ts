import { type Judged, type StorageRule, toldValue, touches } from './facts.ts'

/** Copies of the storage elsewhere. */
export const REPLICATION_RULES: readonly StorageRule[] = [
  {
    rule: 'replication',
    judge: (facts) =>
      (toldValue(facts.settings.replication) ?? [])
        .filter(({ prefixes }) => touches(facts, prefixes))
        .map(
          ({ to, passesDeletes, isSecondRegion }): Judged =>
            passesDeletes
              ? {
                  ...{
                    level: isSecondRegion ? 'note' : 'warning',
                    sure: 'certain',
                    what: `it is replicated to ${to}, with its deletes`,
                  },
                  why: 'this is no backup: what is deleted here is deleted there soon after. If the other side writes, too, what it still has may come back',
                  fix: 'keep a backup that does not follow deletes; let one side only write, and collect on that side only',
                }
              : {
                  ...{ level: 'note', sure: 'certain' },
                  what: `it is replicated to ${to}, without its deletes`,
                  why: 'the copy grows for ever: what is collected here stays there, and costs there',
                  fix: 'give the other bucket a rule of its own, or count its space as well',
                },
        ),
  },
]
