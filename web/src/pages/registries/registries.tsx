import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Refused } from './refused.tsx'
import { RegistryPanel } from './registry-panel.tsx'

/** Each registry: how far its numbers can be trusted, what the last reconcile found, and a way to start one. */
export default function Registries() {
  const registries = useGet('/v1/registries', {}, { everyMs: 5_000 })
  return (
    <Page
      title="Registries"
      lead="How far the numbers of each can be trusted, and what was found when it was last read."
    >
      <Loaded of={registries} lines={10}>
        {({ registries: all, refused }) => (
          <>
            {refused.length > 0 && (
              <section class="panel">
                <h2>Deliveries with a token that is no registry's</h2>
                <Refused all={refused} />
              </section>
            )}
            {all.length === 0 ? (
              <Empty title="No registry is configured">
                Add one under <code>registries</code> in the configuration.
              </Empty>
            ) : (
              all.map((registry) => (
                <RegistryPanel key={registry.name} registry={registry} reload={registries.reload} />
              ))
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}
