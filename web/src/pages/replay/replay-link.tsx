import { withQuery } from '../../parts/use-query.ts'
import { seesAll } from '../../session.ts'

/** The way to the replays, for those who may see them. `query`: the policy to replay, and the number that the plan tries. */
export function ReplayLink({ query = {} }: { query?: Parameters<typeof withQuery>[1] }) {
  return seesAll() ? (
    <a class="button" href={withQuery('/replay', query)}>
      Replay
    </a>
  ) : null
}
