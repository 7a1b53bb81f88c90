/** Icons: strokes on an 18-unit grid, drawn for us. */

const paths = {
  home: 'M3 8l6-5 6 5v7H3z',
  topics: 'M3 4h12M3 9h12M3 14h12',
  explore: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3zM12 12l4 4',
  consumers: 'M9 3v6M9 9l-5 6M9 9l5 6',
  pipelines: 'M2 9h4l2-4 3 8 2-4h3',
  requests: 'M4 3h10v12H4zM6 7h6M6 10h4',
  alert: 'M9 3l6 11H3zM9 8v3',
  dead: 'M4 4h10v10H4zM7 7l4 4M11 7l-4 4',
  sensors: 'M9 11a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5 13a6 6 0 0 1 0-8M13 5a6 6 0 0 1 0 8',
  logs: 'M4 3h7l3 3v9H4zM11 3v3h3M6 9h6M6 12h4',
  access: 'M5 8V6a4 4 0 0 1 8 0v2M4 8h10v7H4z',
  settings: 'M9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM9 2v2M9 14v2M2 9h2M14 9h2',
  help: 'M9 2.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM7.2 7a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.2M9 12.4v.1',
  copy: 'M7 6h8v9H7zM4 12V3h8',
  check: 'M3.5 9.5l3.5 3.5 7.5-8',
  close: 'M4 4l10 10M14 4L4 14',
  menu: 'M3 5h12M3 9h12M3 13h12',
  right: 'M7 4l5 5-5 5',
  down: 'M4 7l5 5 5-5',
  up: 'M4 11l5-5 5 5',
  table: 'M3 4h12v10H3zM3 8h12M8 4v10',
  chart: 'M3 3v12h12M6 11l3-4 3 2 3-4',
  columns: 'M3 4h12v10H3zM7 4v10M11 4v10',
  play: 'M6 4l8 5-8 5z',
  pause: 'M6 4v10M12 4v10',
  sun: 'M9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM9 2v1.5M9 14.5V16M2 9h1.5M14.5 9H16M4 4l1 1M13 13l1 1M14 4l-1 1M5 13l-1 1',
  moon: 'M14 11A6 6 0 0 1 7 4a6 6 0 1 0 7 7z',
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name, size = 16 }: { name: IconName; size?: number }) => (
  <svg className="ic" width={size} height={size} viewBox="0 0 18 18" aria-hidden>
    <path d={paths[name]} />
  </svg>
)
