// The kiosk page: brings the words, names the screens, and shows the first one.

import * as bar from './bar.js';
import { later } from './clock.js';
import * as flow from './flow.js';
import * as guardedHistory from './history.js';
import * as idle from './idle.js';
import { answer } from './screens/answer.js';
import { attract } from './screens/attract.js';
import { change } from './screens/change.js';
import { buildChest, buildStomach, choices, fit, tape } from './screens/choices.js';
import { age, height, tapes, weight } from './screens/numbers.js';
import { result } from './screens/result.js';
import { jacket, trousers } from './screens/sizes.js';
import { currentLanguage, languages } from './settings.js';
import * as standing from './standing.js';
import * as taps from './taps.js';
import { bring, speak } from './texts.js';
import * as view from './view.js';

/** The other languages are brought when the page has been usable for a moment. */
const OTHER_LANGUAGES_MS = 1500;

await speak(currentLanguage());
view.register(
  {
    attract,
    height,
    weight,
    jacket,
    choices,
    answer,
    'build-chest': buildChest,
    'build-stomach': buildStomach,
    trousers,
    age,
    fit,
    tape,
    ...tapes,
    result,
    change,
  },
  bar.show,
);
idle.listen(flow.startOver);
taps.listen();
guardedHistory.listen({ goBack: flow.back, forget: flow.startOver });
view.busy(false);
view.show();
standing.listen(() => view.show({ keepFocus: true }));
later(OTHER_LANGUAGES_MS, () => bring(languages()));
