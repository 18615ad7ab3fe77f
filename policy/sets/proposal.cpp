#include "sets/proposal.hpp"

namespace ssmgate::sets {
namespace {

using Time = std::chrono::system_clock::time_point;

Time to_time(Instant instant) {
  return std::chrono::time_point_cast<Time::duration>(instant);
}

}  // namespace

std::unique_ptr<Proposal> Proposal::make(const CompiledRules& policy, const Model& model) {
  Place place;
  if (model.region) {
    place.region = *model.region;
    place.partition = partition_of_region(place.region);
  }
  auto session = decode_start_session(to_witness(model).body, policy.default_document, place);
  if (!session) return nullptr;
  std::unique_ptr<Proposal> made(new Proposal(*std::move(session)));
  made->caller_.user = model.user;
  made->caller_.unix_user = model.unix_user;
  made->caller_.unix_groups = model.unix_groups;
  made->caller_.client = model.client;
  made->caller_.now = to_time(model.now);
  made->claims_.operation = "StartSession";
  made->claims_.access_key = model.access_key.value_or("");
  made->claims_.account = model.account.value_or("");
  made->claims_.region = model.region.value_or("");
  made->facts_ =
      std::make_unique<const Facts>(policy, made->caller_, made->claims_, made->session_);
  return made;
}

}  // namespace ssmgate::sets
