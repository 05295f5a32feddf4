import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Collecting } from './collecting.tsx'
import { Disk } from './disk.tsx'
import { Doctor } from './doctor.tsx'
import { Held } from './held.tsx'
import { type Glance, type Report, restOf } from './storage-text.ts'

/** The storage of one registry: what is on it, what would bite, and its collections of garbage. */
export function RegistryStorage({ of: glance, reload }: { of: Glance; reload: () => void }) {
  const { registry, hasStorage, report } = glance
  return (
    <>
      <Held of={glance} />
      <section class="panel" aria-labelledby="disk">
        <h2 id="disk">On the disk</h2>
        {report && (
          <p class="hint">
            <Said text={report.place} />
          </p>
        )}
        <Disk of={glance} />
        {report && report.collectable.objects > 0 && <Makers report={report} />}
      </section>
      <Collecting of={glance} reload={reload} />
      {hasStorage && <Doctor registry={registry} />}
    </>
  )
}

/** Who uploaded what a collection would free. */
function Makers({ report }: { report: Report }) {
  const { projects, collectable } = report
  const rest = restOf(report)
  return (
    <>
      <h3>
        Garbage of <Bytes of={collectable.bytes} />, by who uploaded it
      </h3>
      <TableBox label="Projects whose garbage it is">
        <table>
          <thead>
            <tr>
              <th>Project</th>
              <th class="number">Size</th>
              <th class="number">Blobs</th>
            </tr>
          </thead>
          <tbody>
            {projects.map(({ project, bytes, objects }) => (
              <tr key={project}>
                <th scope="row">
                  {project === null ? (
                    'Several projects, or none'
                  ) : (
                    <a href={`/projects/${project}`}>
                      <Said text={project} />
                    </a>
                  )}
                </th>
                <td class="number">
                  <Bytes of={bytes} />
                </td>
                <td class="number">{objects.toLocaleString('en')}</td>
              </tr>
            ))}
            {rest > 0 && (
              <tr>
                <th scope="row">Other projects</th>
                <td class="number">
                  <Bytes of={rest} />
                </td>
                <td />
              </tr>
            )}
          </tbody>
        </table>
      </TableBox>
    </>
  )
}
