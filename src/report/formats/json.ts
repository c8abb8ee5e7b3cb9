import type { Format } from './format.ts';

export default {
  name: 'json',
  extensions: ['.json'],
  summary: 'the record itself, as record.json; its schema: bpbench schema record, bpbench schema comparison',
  isText: true,
  render: ({ record }) => `${JSON.stringify(record, null, 2)}\n`,
} satisfies Format;
