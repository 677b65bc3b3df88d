import type { Nudge } from './channels.js';

/**
 * The whole of what a nudge says.
 *
 * @example nudgeText({ id, urgent: 1, others: 2 }) // '1 urgent item and 2 others - open the hub'
 */
export function nudgeText({ urgent, others }: Nudge): string {
  return `${countText(urgent, others)} - open the hub`;
}

function countText(urgent: number, others: number): string {
  if (urgent === 0) return items(others, 'item');
  if (others === 0) return items(urgent, 'urgent item');
  return `${items(urgent, 'urgent item')} and ${items(others, 'other')}`;
}

const items = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
