//! One inference of one or many bodies, through the runtime's C interface.
//!
//! `Session::run` of ort 2.0.0-rc.14 asks the runtime for a description of each output and never releases
//! it: 160 bytes lost by every question (55 MB resident after 200,000 of them, 27 before), which an
//! instance that runs for months cannot afford, and rc.15 does not go with ort-tract 0.5. So the call is
//! made here and everything that it allocates is released here; inputs are still ort's. This is the only
//! file with unsafe code. Goes when ort releases what it asks for.
#![allow(unsafe_code)]

use super::COUNT;
use ort::AsPointer;
use ort::session::Session;
use ort::sys::{ONNXTensorElementDataType, OrtApi, OrtStatusPtr, OrtValue};
use ort::value::TensorRef;
use std::ffi::{CString, c_void};
use std::ptr;

/// Means and covariances of one body's log measures, as the model gives them.
pub struct Outputs {
    pub mean: [f32; COUNT],
    pub covariance: [f32; COUNT * COUNT],
}

/// The runtime refused, or gave something of another type or size. What it said is dropped: it contains
/// the input.
pub struct Refused;

/// A row for each body and its log variances, of which there are equally many and at least one.
///
/// # Errors
/// As `Refused`.
pub fn run(
    session: &mut Session,
    bodies: &[[f32; 3]],
    log_variances: &[[f32; 3]],
) -> Result<Vec<Outputs>, Refused> {
    let rows = bodies.len();
    let input = |values| TensorRef::from_array_view(([rows, 3], values)).map_err(|_| Refused);
    let (bodies, log_variances) =
        (input(bodies.as_flattened())?, input(log_variances.as_flattened())?);
    let inputs = [bodies.ptr(), log_variances.ptr()];
    let c_string = |name: &str| CString::new(name).map_err(|_| Refused);
    let input_names = session.inputs().iter().map(|input| c_string(input.name()));
    let input_names = input_names.collect::<Result<Vec<_>, _>>()?;
    let output_names = session.outputs().iter().map(|output| c_string(output.name()));
    let output_names = output_names.collect::<Result<Vec<_>, _>>()?;
    if input_names.len() != inputs.len() || output_names.len() != 2 {
        return Err(Refused);
    }
    let input_names = [input_names[0].as_ptr(), input_names[1].as_ptr()];
    let output_names = [output_names[0].as_ptr(), output_names[1].as_ptr()];

    let api = ort::api();
    let mut values = [ptr::null_mut::<OrtValue>(); 2];
    // SAFETY: the session is ours alone (`&mut`); names and inputs are as many as said and outlive the
    // call; `values` has room for the outputs, which the runtime allocates because they are null.
    let status = unsafe {
        (api.Run)(
            session.ptr().cast_mut(),
            ptr::null(),
            input_names.as_ptr(),
            inputs.as_ptr(),
            inputs.len(),
            output_names.as_ptr(),
            output_names.len(),
            values.as_mut_ptr(),
        )
    };
    let [mean, covariance] = values.map(|value| Output { api, value });
    check(api, status)?;
    let (means, covariances) = (mean.rows(rows)?, covariance.rows(rows)?);
    let outputs = means.into_iter().zip(covariances);
    Ok(outputs.map(|(mean, covariance)| Outputs { mean, covariance }).collect())
}

/// An output that the runtime allocated; released when it is dropped.
struct Output {
    api: &'static OrtApi,
    value: *mut OrtValue,
}

impl Output {
    /// Its numbers, if they are `rows` times `N` of the right type.
    fn rows<const N: usize>(&self, rows: usize) -> Result<Vec<[f32; N]>, Refused> {
        let Output { api, value } = self;
        if value.is_null() || self.shape()? != (F32, N * rows) {
            return Err(Refused);
        }
        let mut data: *mut c_void = ptr::null_mut();
        // SAFETY: a tensor that is alive.
        unsafe { check(api, (api.GetTensorMutableData)(*value, &mut data))? };
        let data = data.cast::<[f32; N]>();
        // SAFETY: it has `rows` times `N` numbers of this type, which are copied out one row at a time.
        Ok((0..rows).map(|row| unsafe { data.add(row).read_unaligned() }).collect())
    }

    /// Type and number of its elements.
    fn shape(&self) -> Result<(ONNXTensorElementDataType, usize), Refused> {
        let Output { api, value } = self;
        let mut kind = ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
        let mut count = 0;
        let mut shape = ptr::null_mut();
        // SAFETY: a tensor that is alive; its description is released on every way out.
        unsafe {
            check(api, (api.GetTensorTypeAndShape)(*value, &mut shape))?;
            let kind_known = check(api, (api.GetTensorElementType)(shape, &mut kind));
            let count_known = check(api, (api.GetTensorShapeElementCount)(shape, &mut count));
            (api.ReleaseTensorTypeAndShapeInfo)(shape);
            kind_known.and(count_known)?;
        }
        Ok((kind, count))
    }
}

const F32: ONNXTensorElementDataType =
    ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;

impl Drop for Output {
    fn drop(&mut self) {
        if !self.value.is_null() {
            // SAFETY: ours, and not used afterwards.
            unsafe { (self.api.ReleaseValue)(self.value) };
        }
    }
}

/// Releases what the runtime says.
fn check(api: &OrtApi, status: OrtStatusPtr) -> Result<(), Refused> {
    if status.0.is_null() {
        return Ok(());
    }
    // SAFETY: a status that is not null is ours to release.
    unsafe { (api.ReleaseStatus)(status.0) };
    Err(Refused)
}
