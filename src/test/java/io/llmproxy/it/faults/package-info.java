/** Everything that can go wrong, one test a row of {@code faults.txt}, on the built artefacts; writes {@code docs/faults.md}. */
@NullMarked
package io.llmproxy.it.faults;

import org.jspecify.annotations.NullMarked;
