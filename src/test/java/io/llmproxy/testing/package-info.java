/** What the tests are made of: servers and clients that misbehave on order, and deployments of the built artefacts. */
@NullMarked
package io.llmproxy.testing;

import org.jspecify.annotations.NullMarked;
