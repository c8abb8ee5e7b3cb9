/** Makes the page richer than it is without: theme, copying, charts with a cursor. Everything it needs is in the page. */
import { startCharts } from './charts.ts';
import { startContents } from './contents.ts';
import { startCopying } from './copying.ts';
import { startPrinting } from './printing.ts';
import { startTheme } from './theme.ts';

startTheme();
startContents();
startCopying();
startPrinting();
void startCharts();
