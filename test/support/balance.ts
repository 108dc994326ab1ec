/** Answers to compare: what is left of the viewer's budget, and for how long, differs from one to the next. */
export const withoutBalance = (answer: string): string => answer.replaceAll(/,"remaining":\d+,"resetMs":\d+/g, '');
