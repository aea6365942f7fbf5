/** Requests and answers with their bodies, in files, where operators ask for it to look into a problem. */
@NullMarked
package io.llmproxy.capture;

import org.jspecify.annotations.NullMarked;
