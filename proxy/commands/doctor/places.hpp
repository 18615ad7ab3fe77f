// Where things are on this machine: the SDKs' configuration, and the gateway's own listener.
#pragma once

#include <string>

#include "commands/doctor/aws_config.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/config.hpp"

namespace ssmgate::doctor {

// The files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else those of ~/.aws.
[[nodiscard]] AwsFiles read_aws_files(const Environment& environment);

// The URL by which clients reach the configuration's first listener; empty: nobody can say.
[[nodiscard]] std::string configured_url(const config::Config& settings);

}  // namespace ssmgate::doctor
