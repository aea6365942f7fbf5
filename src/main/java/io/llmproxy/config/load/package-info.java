/** Makes records of a document and the environment, or tells every problem at once. */
@NullMarked
package io.llmproxy.config.load;

import org.jspecify.annotations.NullMarked;
