/**
 * What holds whatever comes in. A test run tries the seeds only; {@code .ci/fuzz} searches for what breaks the rule,
 * guided by what each input covers.
 */
@NullMarked
package io.llmproxy.fuzz;

import org.jspecify.annotations.NullMarked;
