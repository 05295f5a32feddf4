import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { useGet } from '../../api/use-get.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { Told } from '../../parts/told.tsx'
import { CollectionPage } from './collection-page.tsx'
import { Disk } from './disk.tsx'
import { Held } from './held.tsx'
import { RegistryStorage } from './registry-storage.tsx'
import { type Glance, isBusy, LOOK_MS } from './storage-text.ts'
import { Survey } from './survey.tsx'
import './storage.css'

/** The storages of all registries, or that of one with its collections, or one collection. */
export default function Storage() {
  const { name, id } = useRoute().params
  if (name !== undefined && id !== undefined) return <CollectionPage key={id} registry={name} id={id} />
  return <Storages key={name} {...(name !== undefined && { name })} />
}

function Storages({ name }: { name?: string }) {
  const [busy, setBusy] = useState(false)
  const read = useGet(
    '/v1/storage',
    { query: { registry: name } },
    { everyMs: busy ? LOOK_MS.busy : LOOK_MS.idle },
  )
  const { data, reload } = read
  const isNowBusy = data?.registries.some(isBusy) ?? false
  if (busy !== isNowBusy) setBusy(isNowBusy)
  const [only] = data?.registries ?? []
  if (name !== undefined)
    return (
      <Page
        title={`Storage of ${name}`}
        lead={<a href="/storage">All storages</a>}
        actions={only?.hasStorage && <Survey of={only} reload={reload} />}
      >
        <Loaded of={read} lines={10}>
          {({ registries: [one] }) => one && <RegistryStorage of={one} reload={reload} />}
        </Loaded>
      </Page>
    )
  return (
    <Page title="Storage" lead="What is on the disks of the registries, and what would come back.">
      <Loaded of={read} lines={10}>
        {({ registries }) =>
          registries
            .toSorted((a, b) => Number(b.hasStorage) - Number(a.hasStorage))
            .map((one) => <Panel key={one.registry} of={one} reload={reload} />)
        }
      </Loaded>
    </Page>
  )
}

function Panel({ of: glance, reload }: { of: Glance; reload: () => void }) {
  const { registry, hasStorage, report, advice } = glance
  const href = `/storage/${registry}`
  return (
    <section class="panel" aria-labelledby={`storage-${registry}`}>
      <header class="storage-head">
        <h2 id={`storage-${registry}`}>
          <a href={href}>{registry}</a>
        </h2>
        {hasStorage && <Survey of={glance} reload={reload} />}
      </header>
      <Held of={glance} />
      {report && (
        <p>
          <strong>
            <Bytes of={report.total.bytes} />
          </strong>{' '}
          on the disk. {advice && <Told text={advice.text} />}
        </p>
      )}
      <Disk of={glance} />
      {hasStorage && <a href={href}>Whose garbage, collections, and what would bite</a>}
    </section>
  )
}
