import { Empty } from '../../parts/empty.tsx'
import { TableBox } from '../../parts/table-box.tsx'

/** Shown before anything was pushed: what to do next. */
export function NothingYet({ seesAll, registries }: { seesAll: boolean; registries: readonly string[] }) {
  if (!seesAll)
    return (
      <Empty title="Nothing here yet">
        None of the projects that you see holds anything. They appear with their first push.
      </Empty>
    )
  const url = `${location.origin}/v1/events`
  return (
    <div class="panel">
      <Empty title={registries.length === 0 ? 'No registry is configured' : 'Nothing was pushed yet'}>
        <p>
          {registries.length === 0
            ? 'Give tallyman.yaml an entry under registries, and start again. Then the registry must send its events here.'
            : 'A registry must send its events here. Then push an image: it is on this page seconds later.'}
        </p>
      </Empty>
      <p>
        Put this into the registry’s config.yml, with the token that tallyman.yaml has for it, and restart it:
      </p>
      <TableBox class="snippet" label="For the registry’s config.yml">
        <pre>{`notifications:
  events:
    includereferences: true
  endpoints:
    - name: tallyman
      url: ${url}
      headers: { Authorization: ["Bearer the-token-of-this-registry"] }
      timeout: 1s
      threshold: 5
      backoff: 1s`}</pre>
      </TableBox>
      <p class="hint">
        What the registry holds already is read by a <a href="/registries">reconcile</a>, which begins by
        itself at the first start. If a delivery is refused, that page says why.
      </p>
    </div>
  )
}
