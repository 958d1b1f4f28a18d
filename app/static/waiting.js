// Pages beside the item (map, break, submit): only the clock runs.
import { startClock } from "./clock.js";

const home = document.querySelector("[data-time]");
const box = document.querySelector("[data-clock], [data-break-clock]");
if (box) startClock({ box, timeUrl: home?.dataset.time, pattern: "{time}", onEnd: () => location.reload() });
