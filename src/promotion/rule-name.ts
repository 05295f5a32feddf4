import type { PromotionJob } from '../queue/jobs.ts'

/** What metrics call the promotions that people ask for without a rule. */
export const REQUEST = 'request'

/** The label `rule` of the metrics of a promotion. */
export const ruleNameOf = ({ rule = REQUEST }: Pick<PromotionJob, 'rule'>): string => rule
