/** The rows of the three files, as facts. Pure: a row is read by itself, and a bad one says why. */
import { join } from 'node:path';
import { type Located, type Refuse, readCsv } from './csv.ts';
import { RowError } from './row-error.ts';

export const FILES = {
  descriptions: {
    name: 'campaign_descriptions.csv',
    columns: ['campaign_id', 'campaign_type', 'start_date', 'end_date'],
  },
  targets: { name: 'campaigns.csv', columns: ['campaign_id', 'household_id'] },
  redemptions: {
    name: 'coupon_redemptions.csv',
    columns: ['household_id', 'coupon_upc', 'campaign_id', 'redemption_date'],
  },
} as const;

/** Dates are days of the venue, `2017-05-08`, and belong to the campaign. */
export interface Description {
  campaign: string;
  type: string;
  start: string;
  end: string;
}

export interface Target {
  campaign: string;
  household: string;
}

export interface Redeemed extends Target {
  coupon: string;
  date: string;
}

export interface Rows {
  descriptions: Located<Description>[];
  targets: Located<Target>[];
  redemptions: Located<Redeemed>[];
}

/** @throws InputError for a file that cannot be read or lacks a column. */
export async function readRows(folder: string, refuse: Refuse): Promise<Rows> {
  const { descriptions, targets, redemptions } = FILES;
  return {
    descriptions: await readCsv(join(folder, descriptions.name), descriptions.columns, readDescription, refuse),
    targets: await readCsv(
      join(folder, targets.name),
      targets.columns,
      (row) => ({ campaign: readId(row, 'campaign_id'), household: readId(row, 'household_id') }),
      refuse,
    ),
    redemptions: await readCsv(
      join(folder, redemptions.name),
      redemptions.columns,
      (row) => ({
        household: readId(row, 'household_id'),
        coupon: readId(row, 'coupon_upc'),
        campaign: readId(row, 'campaign_id'),
        date: readDate(row, 'redemption_date'),
      }),
      refuse,
    ),
  };
}

function readDescription(row: Record<(typeof FILES.descriptions.columns)[number], string>): Description {
  const [start, end] = [readDate(row, 'start_date'), readDate(row, 'end_date')];
  if (end < start) throw new RowError('BAD_ROW', `it ends on ${end}, before it starts on ${start}`);
  const type = row.campaign_type === '' ? '' : readId(row, 'campaign_type');
  return { campaign: readId(row, 'campaign_id'), type, start, end };
}

const LONGEST_ID = 80;

/** Whatever names a thing in the files; nothing is read into it. @throws RowError */
function readId<C extends string>(row: Record<C, string>, column: C): string {
  const text = row[column];
  if (text === '') throw new RowError('BAD_ROW', `${column} is empty`);
  if (text.length > LONGEST_ID) throw new RowError('BAD_ROW', `${column} is longer than ${LONGEST_ID} characters`);
  if (/\p{Cc}/u.test(text)) throw new RowError('BAD_ROW', `${column} holds a control character`);
  return text;
}

/** ISO 8601 alone: of 5/8/2017 nobody can tell whether it is in May. @throws RowError */
function readDate<C extends string>(row: Record<C, string>, column: C): string {
  const text = row[column];
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  if (date && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && text >= '1900') return text;
  throw new RowError('BAD_ROW', `${column} ${JSON.stringify(text.slice(0, 40))} is not a date such as 2017-05-08`);
}
